"""The Hub Santé, national exchange of the emergency chain (SAMU, SMUR, emergency departments, fire brigades).

`wire` reads and writes messages, `merge` brings the messages of a case together, `vehicle` follows a vehicle, `codes`
turns codes into words. The models live in one module for each family of messages; `message_types` lists them all.
Source: SAMU-Hub-Modeles (ANS), version 26.07.29, and EDXL-DE 2.0 (OASIS).
"""
