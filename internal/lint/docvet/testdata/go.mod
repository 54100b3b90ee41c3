// A small module with the layout of the real one; analysistest loads it.
module github.com/gazoo-go/gazoo

go 1.26
