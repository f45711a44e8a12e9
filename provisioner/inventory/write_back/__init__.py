"""An approved request into the inventory's files: the fewest lines, all of it or nothing."""
