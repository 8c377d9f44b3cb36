"""A model as judge of replies, beside the scorers: asked by one fixed prompt, and measured against labels of people.

A judge never replaces a suite's scorer. Its marks give the metric ``judge_score``, which a root may demand.
"""
