"""A Twenty in one process, for development and tests: the same statuses, bodies, texts and limits as a real server.

It answers as 1.10 does, which real servers were asked for, or as the newest release, whose source says how (`eras.py`).
Served: records over REST and GraphQL, metadata over both, uploads, webhooks, the lists of workflows, duplicates, and
the rate limit of a workspace. Not served: views, search (`searchVector` is answered as null), merge, group-by, nested
creates, timelines, and the objects that a migration neither writes nor looks at. No workflow is ever run.
`tests/contract` holds it to what a real server answers; tests steer it, and order faults, through `control.py`.
"""
