"""Learned ranking: maps a layperson's question to the articles that answer it.

question    the question as the ranker sees it: words, bigrams, thesaurus terms
memory      learned from judged questions: which articles, laws and words answer which words
layout      a snapshot's passages by law, chapter, article and equal text
candidates  the few hundred passages to score
features    numeric evidence for each of them
forest      trees that weigh the features
model       the three learned parts as files
ranker      the complete ranking, as search calls it
training    from judged questions to a model; the only module that needs LightGBM
"""
