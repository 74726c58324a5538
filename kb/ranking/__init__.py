"""Learned ranking: a layperson's question brought to the articles that answer it.

question    the question as the ranker reads it: words, bigrams, terms of the thesaurus
memory      what judged questions taught: which articles, laws and words answer which words
layout      a snapshot's passages by law, chapter, article and equal text
candidates  the few hundred passages worth weighing
features    what speaks for each of them, in numbers
forest      trees that weigh the features
model       the three learned parts as files
ranker      the whole, as the search calls it
training    from judged questions to a model; the only module that needs LightGBM
"""
