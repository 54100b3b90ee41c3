// Package gssapi is Kerberos for gazoo's client: the SASL mechanism GSSAPI. It is a module of its own, so that nobody else
// downloads or links a Kerberos library.
//
//	mech, err := gssapi.New(gssapi.Keytab("worker@EXAMPLE.ORG", "/etc/worker.keytab"))
//	cl, err := zk.Connect(ctx, "zk1.example.org:2181,zk2.example.org:2181", zk.WithSASL(mech))
//
// # Rules
//
//   - The server of a connection is the principal zookeeper/host@REALM, where host is the name in the connect string, as it
//     stands there: nothing is looked up in the DNS. Name the servers as their principals do, or see [WithHostname].
//     REALM is what krb5.conf says of the host, or else the client's own.
//   - Files are read, and tickets fetched, anew for every connection, so renewed ones are used at once, and a mechanism
//     keeps nothing: no ticket, no goroutine. A keytab costs two requests to a KDC for each connection, a credential cache
//     one, or none when the server's ticket is in it.
//   - One exchange at a time talks to a KDC. A KDC that does not answer holds its exchange for some seconds, on a goroutine
//     that nothing else waits for; the connection does not wait longer than two thirds of a session timeout.
//   - Client and server prove themselves to each other. No security layer is negotiated (quality of protection "auth", the
//     only one that ZooKeeper speaks): what follows is neither signed nor encrypted. Use TLS for that.
//   - Errors name principals and files, never keys or tickets.
//   - Encryption types are those of RFC 3961 and later (AES). RC4 and DES are not supported.
package gssapi
