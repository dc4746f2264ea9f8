"""Indicators, supervision board, support desk: reads every floor."""
