"""What a mapping needs of Twenty's data model: planned, read by people, applied, read back.

`planner` decides and does nothing, `provisioner` does what a plan says; `rendering` and `checklist` show it.
"""
