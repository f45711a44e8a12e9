"""What all kinds of host resources share: rendering, comparing, observing, applying."""
