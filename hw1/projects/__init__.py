"""Projects of their own: each a folder, written through the same door as anyone's."""
