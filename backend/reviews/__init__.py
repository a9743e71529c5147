"""Reviews: what shoppers say about goods that they received, their later additions, and the merchant's answers.

Guarantees one review per order line, that nothing is shown before WeChat or a named person has let it pass, that a shown
review disappears only with a reason and a name, and that nobody's words are used elsewhere without their consent. Refuses
whoever has not received the goods; no review is ever made by the shop itself.
"""
