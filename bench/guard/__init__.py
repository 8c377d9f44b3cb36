"""How well the shipped classifiers of the guard tell what they should, on rows that they were never trained on."""
