// Command zkvet runs gazoo's own analyzers; see the packages zkvet and docvet for what they report.
//
//	zkvet -test=false ./...
package main

import (
	"golang.org/x/tools/go/analysis/multichecker"

	"github.com/gazoo-go/gazoo/internal/lint/docvet"
	"github.com/gazoo-go/gazoo/internal/lint/zkvet"
)

func main() { multichecker.Main(zkvet.Analyzer, docvet.Analyzer) }
