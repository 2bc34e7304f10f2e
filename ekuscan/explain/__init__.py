"""What is known of a word, in paragraphs; `words` is where it is asked."""
