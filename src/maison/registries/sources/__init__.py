"""Official files: what each publisher said, row by row, and what changed since the last file.

Words: *source* one official file that the house follows (FINESS, RPPS, a nomenclature); *loading* one file being read;
*vintage* the date its publisher gives it; *row* what a source says under one key; *entity* what several rows speak of (a
professional has one row for each activity).

A loading first reads the whole file and shows the differences; only then are they applied, in batches that each leave the
registry whole. Nothing is deleted: a row that is no longer in the file is closed. A file that loses too much is refused and the
last good one stays (REF-07, F2.1). Reading a file again applies nothing: it may be interrupted anywhere and begun again.
"""
