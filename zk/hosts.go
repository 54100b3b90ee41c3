package zk

import "fmt"

// Hosts returns the servers, as host:port: those of the connect string, or of the last [Client.SetHosts].
func (c *Client) Hosts() []string { return c.driver.Hosts() }

// SetHosts replaces the servers, for this client and all its views, whether it is started or not. They are given as in a
// connect string, without a chroot: that cannot change.
//
// A client that is connected to a server which is not in the new list leaves it: what was sent is answered first, what was
// not sent waits, and the session goes on at another server, with the states Suspended and Connected in between. If it
// is in the list, the client may leave nevertheless when servers were added: with such a probability that clients which
// were spread evenly are so again, and no more of them move than have to. With [WithHostsInOrder] it stays. Servers are
// compared as they are written, so one that was given by a name and now is by another is left.
//
// A client that is connecting goes on with the new list at once.
//
// It fails if the list cannot be parsed, is empty or has a chroot; then nothing has changed.
func (c *Client) SetHosts(hosts string) error {
	list, chroot, err := parseConnect(hosts)
	if err != nil {
		return err
	}
	if chroot != "" {
		return fmt.Errorf("zk: hosts %q: a chroot; that of a client cannot change", hosts)
	}
	c.driver.SetHosts(list)
	return nil
}
