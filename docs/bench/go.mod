module github.com/gazoo-go/gazoo/docs/bench

go 1.26

require (
	github.com/gazoo-go/gazoo v0.0.0
	github.com/go-zookeeper/zk v1.0.4
)

require (
	github.com/go-zookeeper/jute v0.0.5 // indirect
	go.uber.org/multierr v1.10.0 // indirect
	go.uber.org/zap v1.28.0 // indirect
)

replace github.com/gazoo-go/gazoo => ../..
