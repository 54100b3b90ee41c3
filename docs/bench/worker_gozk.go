package main

import (
	"fmt"
	"time"

	gozk "github.com/go-zookeeper/zk"
)

type silence struct{}

func (silence) Printf(string, ...any) {}

func goZK(j job) (outcome, error) {
	if j.kind != "blocking" {
		return outcome{Skip: "go-zookeeper/zk has blocking calls only"}, nil
	}
	c, _, err := gozk.Connect([]string{j.addr}, 30*time.Second, gozk.WithLogger(silence{}), gozk.WithLogInfo(false))
	if err != nil {
		return outcome{}, err
	}
	defer c.Close()
	get := func() error {
		data, _, err := c.Get(path)
		if err == nil && len(data) != valueLen {
			err = fmt.Errorf("%d bytes", len(data))
		}
		return err
	}
	if err := get(); err != nil {
		return outcome{}, err
	}
	return blocking(j, get)
}
