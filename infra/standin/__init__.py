"""A Twenty 1.10 in one process, for development and tests: the same statuses, bodies, texts and limits.

Served: records over REST and GraphQL, metadata over both, uploads, the token bucket of a workspace. Not served:
webhooks, views, search (`searchVector` is answered as null), duplicates, merge, group-by, and the objects that a
migration never writes. `tests/contract` holds it to what a real server answers.
"""
