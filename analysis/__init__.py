"""From collected tables to figures and a report; knows nothing of torch or of clusters."""
