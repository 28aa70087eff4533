"""A plugin of pytest's: a property that holds slowly on a busy machine still holds."""

import hypothesis

hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")
