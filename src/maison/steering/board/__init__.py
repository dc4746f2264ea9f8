"""The supervision page: processes, queues, doors, traces, readers and delays, each with its age.

It reads every floor through the probes that rooms registered; it knows none of them, and shows no health data (X-10).
"""
