package wire

// The generator is a dependency of the module, so its version is the one in go.mod.
// TestGenerated runs the same command into an empty folder and compares.

//go:generate go run github.com/go-zookeeper/jute/cmd/jutec -outDir . -go.prefix github.com/gazoo-go/gazoo/internal/wire -go.moduleMap ^org\.apache\.zookeeper\.: zookeeper.jute
