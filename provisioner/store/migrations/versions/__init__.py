"""One file per step, oldest first; a step is never edited once released."""
