"""The portal: pages for municipal CIOs, cluster IT, operators and auditors.

It never calls a provider: it writes requests, approvals and run orders, and reads reports.
"""
