"""Words and sentences that stand in for spaCy's."""

from ingestd.backends.unstructured.guessing import pos_tag, sent_tokenize, word_tokenize


def test_sentences_end_behind_their_marks() -> None:
    """Marks, closing quotes and other scripts' full stops end a sentence; nothing is lost."""
    said = sent_tokenize('It runs. "Why?" he said… Now!')
    assert said == ["It runs.", '"Why?"', "he said…", "Now!"]
    assert sent_tokenize("No mark") == ["No mark"]
    assert sent_tokenize("") == []


def test_words_and_marks_are_apart() -> None:
    """A word keeps its apostrophe; a mark is one token."""
    assert word_tokenize("ITEM 1. (Don't)") == ["ITEM", "1", ".", "(", "Don't", ")"]
    assert pos_tag("a b") == [("a", ""), ("b", "")]
