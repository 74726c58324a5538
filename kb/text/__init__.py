"""Chinese text: cut into words, folded, in either script, in pinyin. Knows nothing of documents."""
