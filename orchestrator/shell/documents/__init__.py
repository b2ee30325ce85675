"""Files with the place of every value: what people declare, read strictly. Not: what it causes.

`tree` reads YAML into nodes with places, `member` says how a class is written, `decode` turns nodes
into values of such classes and collects what is wrong. `configuration` and `state` read the two
sorts of documents with them; `schema` writes the same classes down for editors.
"""
