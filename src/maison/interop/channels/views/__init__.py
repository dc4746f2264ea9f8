"""Screens of channels: list and channel, editor, versions, tables, tasks, map of flows."""
