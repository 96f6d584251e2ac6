"""A study of three kinds of classifiers on handwritten digits, made of experimaestro tasks."""
