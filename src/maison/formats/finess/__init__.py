"""FINESS, the national register of health and social establishments: its historical extracts and its new form (FINESS+).

Words: *EJ* legal entity, *ET* or *EG* geographical establishment. Both have nine-character numbers of one form: the kind is always
said beside, never guessed. Sources: extracts cs1100502 and cs1100507 (DREES, data.gouv.fr), structures of FINESS+ v1.0.0 (ANS).
"""
