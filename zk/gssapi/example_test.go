package gssapi_test

import (
	"context"
	"log"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zk/gssapi"
)

func Example() {
	mech, err := gssapi.New(gssapi.Keytab("worker@EXAMPLE.ORG", "/etc/worker.keytab"))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	cl, err := zk.Connect(ctx, "zk1.example.org:2181,zk2.example.org:2181", zk.WithSASL(mech))
	if err != nil {
		log.Fatal(err) // zk.ErrAuthFailed: no ticket, or the servers refuse it
	}
	defer cl.Close(ctx)
}
