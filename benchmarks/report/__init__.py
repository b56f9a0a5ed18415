"""A report as text, Markdown and one HTML file."""
