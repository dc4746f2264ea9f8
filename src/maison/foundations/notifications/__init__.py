"""What the house tells a person: a line in `/notifications/`, and a mail that only says something waits (X-08).

Words: *notification* a short text of the house for one person, with a link; no health data and no identity of a patient
in it, since it outlives the rights of its reader; *holders* those who hold a permission in a structure.
"""
