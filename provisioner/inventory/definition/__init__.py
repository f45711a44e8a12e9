"""The format of the inventory's files as pydantic models: schemas, messages and the
reference page derive from them, and nothing else defines what is valid.
"""
