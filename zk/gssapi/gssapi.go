package gssapi

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/jcmturner/gokrb5/v8/client"
	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/credentials"
	"github.com/jcmturner/gokrb5/v8/keytab"
)

// A Source is where a client's Kerberos credential comes from: [Keytab] or [CCache].
type Source func(*config.Config) (*client.Client, error)

// Keytab is the key of a principal, "name@REALM" or "name/instance@REALM", in a keytab file. Without @REALM it is the
// default realm of krb5.conf.
func Keytab(principal, path string) Source {
	return func(c *config.Config) (*client.Client, error) {
		name, realm, found := strings.Cut(principal, "@")
		if !found {
			realm = c.LibDefaults.DefaultRealm
		}
		if name == "" || realm == "" {
			return nil, fmt.Errorf("principal %q: needs a name and a realm", principal)
		}
		keys, err := guard(func() (*keytab.Keytab, error) { return keytab.Load(path) })
		if err != nil {
			return nil, fmt.Errorf("keytab %s: %w", path, err)
		}
		cl := client.NewWithKeytab(name, realm, keys, c, client.DisablePAFXFAST(true))
		if err := cl.Login(); err != nil {
			cl.Destroy()
			return nil, fmt.Errorf("login of %s: %w", principal, err)
		}
		return cl, nil
	}
}

// CCache is the credential cache file that kinit has written. An empty path means what KRB5CCNAME says, or else
// /tmp/krb5cc_<uid>. Caches of other types than FILE are not supported.
func CCache(path string) Source {
	return func(c *config.Config) (*client.Client, error) {
		path := path
		if path == "" {
			path = os.Getenv("KRB5CCNAME")
		}
		if path == "" {
			path = "/tmp/krb5cc_" + strconv.Itoa(os.Getuid())
		}
		path = strings.TrimPrefix(path, "FILE:")
		cl, err := guard(func() (*client.Client, error) {
			cache, err := credentials.LoadCCache(path)
			if err != nil {
				return nil, err
			}
			return client.NewFromCCache(cache, c, client.DisablePAFXFAST(true))
		})
		if err != nil {
			return nil, fmt.Errorf("credential cache %s: %w", path, err)
		}
		return cl, nil
	}
}

// guard calls f, which reads what somebody else has written. The library slices before it looks: a file that is cut short,
// as one is that is just being written, or a message that is, makes it panic.
func guard[T any](f func() (T, error)) (v T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.New("malformed")
		}
	}()
	return f()
}

// An Option changes what [New] makes.
type Option func(*mechanism) error

// WithConfigFile reads this file in place of what KRB5_CONFIG names, or else /etc/krb5.conf. It is read once, by New.
func WithConfigFile(path string) Option {
	return func(m *mechanism) error { m.configFile = path; return nil }
}

// WithService is the first part of the servers' principals. Default "zookeeper".
func WithService(name string) Option {
	return func(m *mechanism) error {
		if name == "" || strings.ContainsAny(name, "/@") {
			return fmt.Errorf("service %q: must be the first part of a principal", name)
		}
		m.service = name
		return nil
	}
}

// WithHostname maps the host in the connect string to the one in the server's principal: for servers behind a load
// balancer, or that are named by address. It may be called from any goroutine and may block.
func WithHostname(f func(ctx context.Context, host string) (string, error)) Option {
	return func(m *mechanism) error {
		if f == nil {
			return errors.New("host name: must not be nil")
		}
		m.hostname = f
		return nil
	}
}

type mechanism struct {
	source     Source
	configFile string
	config     *config.Config
	service    string
	hostname   func(context.Context, string) (string, error)
	turn       chan struct{} // capacity 1: held by whoever talks to a KDC
}

// New returns the mechanism for [zk.WithSASL]. Its errors are about krb5.conf and the options; the credential is not
// looked at before a connection needs it.
func New(source Source, opts ...Option) (zk.SASL, error) {
	if source == nil {
		return nil, errors.New("gssapi: source: must not be nil")
	}
	m := &mechanism{
		source: source, configFile: os.Getenv("KRB5_CONFIG"), service: "zookeeper", turn: make(chan struct{}, 1),
		hostname: func(_ context.Context, host string) (string, error) { return host, nil },
	}
	if m.configFile == "" {
		m.configFile = "/etc/krb5.conf"
	}
	for _, opt := range opts {
		if opt == nil {
			return nil, errors.New("gssapi: option: must not be nil")
		}
		if err := opt(m); err != nil {
			return nil, fmt.Errorf("gssapi: %w", err)
		}
	}
	var err error
	m.config, err = guard(func() (*config.Config, error) { return config.Load(m.configFile) })
	if unsupported := (config.UnsupportedDirective{}); err != nil && !errors.As(err, &unsupported) {
		return nil, fmt.Errorf("gssapi: %s: %w", m.configFile, err)
	}
	return m, nil
}

// Start fetches a ticket for the server.
func (m *mechanism) Start(ctx context.Context, server zk.SASLServer) (zk.SASLExchange, error) {
	host, err := m.hostname(ctx, server.Host)
	if err != nil {
		return nil, fmt.Errorf("gssapi: host %s: %w", server.Host, err)
	}
	select {
	case m.turn <- struct{}{}:
		defer func() { <-m.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	cl, err := m.source(m.config)
	if err != nil {
		return nil, fmt.Errorf("gssapi: %w", err)
	}
	defer cl.Destroy()
	principal := m.service + "/" + strings.ToLower(host)
	ticket, key, err := cl.GetServiceTicket(principal)
	if err != nil {
		return nil, fmt.Errorf("gssapi: ticket for %s: %w", principal, err)
	}
	return &exchange{realm: cl.Credentials.Domain(), name: cl.Credentials.CName(), ticket: ticket, key: key}, nil
}
