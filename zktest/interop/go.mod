module github.com/gazoo-go/gazoo/zktest/interop

go 1.26

require (
	github.com/gazoo-go/gazoo v0.0.0
	github.com/go-zookeeper/zk v1.0.4
)

replace github.com/gazoo-go/gazoo => ../..
