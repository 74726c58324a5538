"""Chinese text: segmentation, folding, simplification, pinyin. Knows nothing of documents."""
