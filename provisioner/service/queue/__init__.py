"""How a worker comes to the runs that wait; their rows are the truth, a queue only tells.

A queue may tell of a run twice, late, or not at all after it was lost: whoever is told
claims the row, or does not get it. What a queue never does is decide.
"""
