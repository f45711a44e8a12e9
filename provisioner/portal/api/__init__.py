"""The REST API under `/api/v1`: what the pages show and do, for programs.

Routes are thin over the queries and services that the pages use; the scope is theirs.
Nothing here is imported before the first call (`on_demand`).
"""
