"""The seven steps from inventory to report; `reconcile` is their table of contents."""
