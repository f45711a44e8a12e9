"""What runs unattended: schedules, the queue, workers, and how people hear of it."""
