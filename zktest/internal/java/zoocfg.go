package java

import (
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Where a server's files are below its directory. The log takes what the server logs and what the JVM says.
const (
	configFile = "zoo.cfg"
	dataDir    = "data"
	logFile    = "server.log"
	jaasFile   = "jaas.conf"
)

// prepare writes what the server reads at its first start. Later starts find it as the server left it: with
// reconfiguration on, ZooKeeper moves the list of members to a file of its own and keeps that up to date.
func (s *Server) prepare() error {
	c := s.ensemble.config
	files := map[string]string{
		configFile:         strings.Join(s.zooCfg(), "\n") + "\n",
		dataDir + "/myid":  strconv.Itoa(s.id) + "\n",
		"logback.xml":      logback,
		"log4j.properties": log4j,
	}
	if c.JAAS != "" {
		files[jaasFile] = c.JAAS
	}
	if c.TLS {
		files[keyFile], files[caFile] = s.ensemble.credentials.server, s.ensemble.credentials.authority
	}
	// What an earlier ensemble logged here must not be taken for news.
	if err := os.Remove(s.logPath()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(filepath.Join(s.dir, dataDir), 0o755); err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) zooCfg() []string {
	c := s.ensemble.config
	lines := []string{
		"tickTime=" + strconv.FormatInt(c.TickTime.Milliseconds(), 10),
		"initLimit=" + strconv.Itoa(c.InitLimit),
		"syncLimit=" + strconv.Itoa(c.SyncLimit),
		"dataDir=" + filepath.Join(s.dir, dataDir),
		"clientPort=" + strconv.Itoa(s.ports.first+clientPort),
		"clientPortAddress=127.0.0.1",
		"maxClientCnxns=0",         // all clients of a test come from one address
		"maxSessionTimeout=120000", // by default 20 ticks, and ticks are short here
		"admin.enableServer=false",
		"4lw.commands.whitelist=*",
		"reconfigEnabled=" + strconv.FormatBool(!c.Partitionable),
		"extendedTypesEnabled=true", // TTL nodes
		"preAllocSize=1024",         // KiB; the default of 64 MiB is for disks, not for tests
		"forceSync=no",
	}
	if c.quorum() {
		lines = append(lines, "standaloneEnabled=false")
		for _, other := range s.ensemble.servers {
			if other == s || !c.isSpare(other.id) { // a spare one must find itself, and is listed nowhere else
				lines = append(lines, s.memberLine(other))
			}
		}
		if c.isObserver(s.id) {
			lines = append(lines, "peerType=observer")
		}
	}
	if c.JAAS != "" {
		lines = append(lines, "authProvider.1=org.apache.zookeeper.server.auth.SASLAuthenticationProvider")
	}
	if c.TLS {
		lines = append(lines, s.tlsLines()...)
	}
	lines = append(lines, c.Lines...)
	if c.ServerLines != nil {
		lines = append(lines, c.ServerLines(s.id)...)
	}
	return lines
}

// memberLine says where s reaches other: behind its proxies when the ensemble is partitionable, and it binds what it
// says of itself.
func (s *Server) memberLine(other *Server) string {
	quorum, election := other.ports.addr(quorumPort), other.ports.addr(electionPort)
	if l, ok := s.ensemble.peers[pair{s.id, other.id}]; ok {
		quorum, election = l.quorum.Addr(), l.election.Addr()
	}
	line := fmt.Sprintf("server.%d=%s:%s", other.id, quorum, portOf(election))
	if s.ensemble.config.isObserver(other.id) {
		line += ":observer"
	}
	return line
}

func (c Config) isObserver(id int) bool { return c.ObserversFrom > 0 && id >= c.ObserversFrom }

func (c Config) isSpare(id int) bool { return c.SparesFrom > 0 && id >= c.SparesFrom }

// arguments of the java command. Tests start many servers and run each for seconds, so starting soon counts more than
// running fast: one compiler tier, a small heap, the collector without threads.
func (s *Server) arguments() []string {
	c := s.ensemble.config
	args := []string{
		"-Xmx256m",
		"-XX:+UseSerialGC",
		"-XX:TieredStopAtLevel=1",
		"-XX:-UsePerfData", // no file that outlives a kill -9
		"-Xshare:auto",
		"-Djava.net.preferIPv4Stack=true",
		"-Djava.security.egd=file:/dev/./urandom",
		"-Dzookeeper.jmx.log4j.disable=true",
		"-Dzookeeper.log.dir=" + s.dir,
		"-Dlogback.configurationFile=" + filepath.Join(s.dir, "logback.xml"),
		"-Dlog4j.configuration=file:" + filepath.Join(s.dir, "log4j.properties"),
		"-Dzookeeper.DigestAuthenticationProvider.superDigest=" + Digest("super", c.SuperPassword),
		"-Dznode.container.checkIntervalMs=500", // containers and TTL nodes go while the test still runs
	}
	args = append(args, simpleLogger...)
	if c.JAAS != "" {
		args = append(args, "-Djava.security.auth.login.config="+filepath.Join(s.dir, jaasFile))
	}
	if c.archive != "" {
		args = append(args, "-XX:SharedArchiveFile="+c.archive)
	}
	args = append(args, c.JVM...)
	return append(args, "-cp", strings.Join(c.Install.Classpath, string(os.PathListSeparator)),
		"org.apache.zookeeper.server.quorum.QuorumPeerMain", filepath.Join(s.dir, configFile))
}

// Digest is what ZooKeeper's digest scheme makes of a user and a password: "user:base64(sha1(user:password))".
func Digest(user, password string) string {
	sum := sha1.Sum([]byte(user + ":" + password))
	return user + ":" + base64.StdEncoding.EncodeToString(sum[:])
}

// Logging configurations for whichever library the installation has. All write to standard output or error, which is
// the server's log file. The classes that would log every question for the mode are turned down.
const (
	logback = `<configuration>
  <appender name="out" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%d{HH:mm:ss.SSS} %-5level [%thread] %logger{0} - %msg%n</pattern></encoder>
  </appender>
  <logger name="org.apache.zookeeper.server.NIOServerCnxn" level="WARN"/>
  <logger name="org.apache.zookeeper.server.NettyServerCnxn" level="WARN"/>
  <root level="INFO"><appender-ref ref="out"/></root>
</configuration>
`
	log4j = `log4j.rootLogger=INFO, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d{HH:mm:ss.SSS} %-5p [%t] %c{1} - %m%n
log4j.logger.org.apache.zookeeper.server.NIOServerCnxn=WARN
log4j.logger.org.apache.zookeeper.server.NettyServerCnxn=WARN
`
)

var simpleLogger = []string{
	"-Dorg.slf4j.simpleLogger.showDateTime=true",
	"-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
	"-Dorg.slf4j.simpleLogger.showShortLogName=true",
	"-Dorg.slf4j.simpleLogger.log.org.apache.zookeeper.server.NIOServerCnxn=warn",
	"-Dorg.slf4j.simpleLogger.log.org.apache.zookeeper.server.NettyServerCnxn=warn",
}
