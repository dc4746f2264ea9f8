"""Is what the registries say right? Rules DQ-1 to DQ-9 (REF-08) as figures with their lists, and anomalies that someone owns.

Words: *rule* a code, a dimension, an SQL question and a severity; *score* of a source: one minus its weighted errors over its records;
*anomaly* one record at fault, from its opening to its end. An anomaly that a new file mends closes by itself; nobody deletes one.
"""
