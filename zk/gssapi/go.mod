module github.com/gazoo-go/gazoo/zk/gssapi

go 1.26

require (
	github.com/gazoo-go/gazoo v0.0.0
	github.com/jcmturner/gokrb5/v8 v8.4.4
)

require (
	github.com/go-zookeeper/jute v0.0.5 // indirect
	github.com/hashicorp/go-uuid v1.0.3 // indirect
	github.com/jcmturner/aescts/v2 v2.0.0 // indirect
	github.com/jcmturner/dnsutils/v2 v2.0.0 // indirect
	github.com/jcmturner/gofork v1.7.6 // indirect
	github.com/jcmturner/goidentity/v6 v6.0.1 // indirect
	github.com/jcmturner/rpc/v2 v2.0.3 // indirect
	go.uber.org/multierr v1.10.0 // indirect
	go.uber.org/zap v1.28.0 // indirect
	golang.org/x/crypto v0.6.0 // indirect
	golang.org/x/net v0.7.0 // indirect
)

replace github.com/gazoo-go/gazoo => ../..
