// Records what ZooKeeper's own Java client and server say to each other, as golden bytes for package wire.
// README.md beside this file says how to run it.

import java.io.*;
import java.net.*;
import java.util.*;
import java.util.concurrent.*;
import org.apache.jute.BinaryOutputArchive;
import org.apache.jute.Record;
import org.apache.zookeeper.*;
import org.apache.zookeeper.admin.ZooKeeperAdmin;
import org.apache.zookeeper.data.*;
import org.apache.zookeeper.proto.*;

public class Capture {
    static final List<ACL> OPEN = ZooDefs.Ids.OPEN_ACL_UNSAFE;
    static final int TIMEOUT = 4000;
    static Proxy proxy;

    // Proxy copies frames between a client and the server and writes each one down before it passes it on, so that what
    // a step caused stands below the step.
    static class Proxy {
        final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        final PrintStream out;
        final InetSocketAddress server;
        final Set<Socket> open = ConcurrentHashMap.newKeySet();
        int connections;

        Proxy(InetSocketAddress server, PrintStream out) throws IOException {
            this.server = server;
            this.out = out;
            daemon(() -> {
                while (true) {
                    Socket client = listener.accept();
                    Socket upstream = new Socket(server.getAddress(), server.getPort());
                    client.setTcpNoDelay(true);
                    upstream.setTcpNoDelay(true);
                    open.add(client);
                    open.add(upstream);
                    int n = ++connections;
                    daemon(() -> pump(n + ">", client, upstream));
                    daemon(() -> pump(n + "<", upstream, client));
                }
            });
        }

        Void pump(String mark, Socket from, Socket to) throws IOException {
            try {
                DataInputStream in = new DataInputStream(from.getInputStream());
                DataOutputStream to_ = new DataOutputStream(new BufferedOutputStream(to.getOutputStream()));
                while (true) {
                    byte[] frame = new byte[in.readInt()];
                    in.readFully(frame);
                    write(mark + " " + HexFormat.of().formatHex(frame));
                    to_.writeInt(frame.length);
                    to_.write(frame);
                    to_.flush();
                }
            } catch (IOException e) {
                return null;
            } finally {
                from.close();
                to.close();
            }
        }

        synchronized void write(String line) {
            out.println(line);
            out.flush();
        }

        void dropAll() throws IOException {
            for (Socket s : open) {
                s.close();
            }
            open.clear();
        }

        String address() {
            return "127.0.0.1:" + listener.getLocalPort();
        }
    }

    static void daemon(Callable<Void> body) {
        Thread t = new Thread(() -> {
            try {
                body.call();
            } catch (Exception e) {
                // the other end is gone
            }
        });
        t.setDaemon(true);
        t.start();
    }

    interface Action {
        void run() throws Exception;
    }

    static void step(String name, Action action) throws Exception {
        proxy.write("= " + name);
        try {
            action.run();
        } catch (KeeperException e) {
            // the reply with the code is what the step is for
        }
    }

    static ZooKeeper connect(CountDownLatch again) throws Exception {
        CountDownLatch up = new CountDownLatch(1);
        ZooKeeper zk = new ZooKeeper(proxy.address(), TIMEOUT, e -> {
            if (e.getState() == Watcher.Event.KeeperState.SyncConnected && e.getType() == Watcher.Event.EventType.None) {
                if (up.getCount() == 0) {
                    again.countDown();
                }
                up.countDown();
            }
        });
        up.await();
        return zk;
    }

    // Raw speaks without the client, with ZooKeeper's own records.
    static class Raw implements Closeable {
        final Socket socket;
        final DataInputStream in;

        Raw(byte[] connect) throws IOException {
            socket = new Socket("127.0.0.1", proxy.listener.getLocalPort());
            socket.setSoTimeout(5000);
            in = new DataInputStream(socket.getInputStream());
            send(connect);
            receive();
        }

        Raw() throws IOException {
            this(handshake(true));
        }

        void send(byte[] frame) throws IOException {
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            ByteArrayOutputStream b = new ByteArrayOutputStream();
            new DataOutputStream(b).writeInt(frame.length);
            b.write(frame);
            out.write(b.toByteArray());
        }

        void call(Record... records) throws IOException {
            send(bytes(records));
            receive();
        }

        void receive() throws IOException {
            in.readFully(new byte[in.readInt()]);
        }

        public void close() throws IOException {
            socket.close();
        }
    }

    // By hand, because the record in 3.8 has no readOnly.
    static byte[] handshake(boolean readOnly) throws IOException {
        ByteArrayOutputStream b = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(b);
        out.writeInt(0);
        out.writeLong(0);
        out.writeInt(TIMEOUT);
        out.writeLong(0);
        out.writeInt(16);
        out.write(new byte[16]);
        if (readOnly) {
            out.writeBoolean(false);
        }
        return b.toByteArray();
    }

    static byte[] bytes(Record... records) throws IOException {
        ByteArrayOutputStream b = new ByteArrayOutputStream();
        BinaryOutputArchive a = BinaryOutputArchive.getArchive(b);
        for (Record r : records) {
            r.serialize(a, "");
        }
        return b.toByteArray();
    }

    public static void main(String[] args) throws Exception {
        String[] hostPort = args[0].split(":");
        try (PrintStream out = new PrintStream(new FileOutputStream(args[1]))) {
            out.println("# Java client and server of ZooKeeper " + Version.getVersion());
            proxy = new Proxy(new InetSocketAddress(hostPort[0], Integer.parseInt(hostPort[1])), out);
            clientSteps();
            rawSteps();
            Thread.sleep(200);
            proxy.write("= end");
        }
    }

    static void clientSteps() throws Exception {
        CountDownLatch again = new CountDownLatch(1);
        ZooKeeper[] box = new ZooKeeper[1];
        step("connect", () -> box[0] = connect(again));
        ZooKeeper zk = box[0];
        step("auth", () -> {
            zk.addAuthInfo("digest", "bob:pw".getBytes());
            Thread.sleep(200);
        });
        if (!Version.getVersion().startsWith("3.6")) {
            step("whoAmI", () -> zk.whoAmI());
        }

        step("create", () -> zk.create("/g", "hello".getBytes(), OPEN, CreateMode.PERSISTENT));
        step("create exists", () -> zk.create("/g", "hello".getBytes(), OPEN, CreateMode.PERSISTENT));
        step("create null", () -> zk.create("/g/null", null, OPEN, CreateMode.PERSISTENT));
        step("create empty", () -> zk.create("/g/empty", new byte[0], OPEN, CreateMode.PERSISTENT));
        step("create2", () -> zk.create("/g/seq-", "x".getBytes(), ZooDefs.Ids.CREATOR_ALL_ACL,
            CreateMode.EPHEMERAL_SEQUENTIAL, new Stat()));
        step("createContainer", () -> zk.create("/g/box", new byte[0], OPEN, CreateMode.CONTAINER));
        step("createTTL", () -> zk.create("/g/ttl", new byte[0], OPEN, CreateMode.PERSISTENT_WITH_TTL, new Stat(), 60000));

        Watcher watcher = e -> { };
        Watcher other = e -> { };
        step("exists watch", () -> zk.exists("/g", watcher));
        step("exists missing", () -> zk.exists("/missing", watcher));
        step("getData null", () -> zk.getData("/g/null", false, null));
        step("getData empty", () -> zk.getData("/g/empty", false, null));
        step("setData", () -> {
            zk.setData("/g", "hello, world".getBytes(), 0);
        });
        step("setData bad version", () -> zk.setData("/g", "x".getBytes(), 7));
        step("getData", () -> zk.getData("/g", watcher, new Stat()));
        step("setACL", () -> zk.setACL("/g/null", Arrays.asList(
            new ACL(ZooDefs.Perms.ALL, new Id("auth", "")), new ACL(ZooDefs.Perms.READ, ZooDefs.Ids.ANYONE_ID_UNSAFE)), 0));
        step("getACL", () -> zk.getACL("/g/null", new Stat()));
        step("getChildren", () -> callAsync(done -> zk.getChildren("/g", false,
            (AsyncCallback.ChildrenCallback) (rc, path, ctx, children) -> done.countDown(), null)));
        step("getChildren2", () -> zk.getChildren("/g", watcher, new Stat()));
        step("getAllChildrenNumber", () -> zk.getAllChildrenNumber("/g"));
        step("getEphemerals", () -> zk.getEphemerals("/g"));
        step("sync", () -> callAsync(done -> zk.sync("/g", (rc, path, ctx) -> done.countDown(), null)));

        step("multi", () -> zk.multi(List.of(
            Op.check("/g", 1),
            Op.create("/g/m", "m".getBytes(), OPEN, CreateMode.PERSISTENT),
            Op.create("/g/mbox", new byte[0], OPEN, CreateMode.CONTAINER),
            Op.create("/g/mttl", new byte[0], OPEN, CreateMode.PERSISTENT_WITH_TTL, 60000),
            Op.setData("/g/m", "mm".getBytes(), 0),
            Op.delete("/g/m", 1))));
        step("multi fails", () -> zk.multi(List.of(
            Op.create("/g/m", "m".getBytes(), OPEN, CreateMode.PERSISTENT),
            Op.check("/g", 99),
            Op.delete("/g/m", -1))));
        step("multiRead", () -> zk.multi(List.of(
            Op.getData("/g"), Op.getData("/missing"), Op.getChildren("/g"))));

        step("addWatch", () -> zk.addWatch("/g/p", watcher, AddWatchMode.PERSISTENT));
        step("addWatch recursive", () -> zk.addWatch("/g/r", watcher, AddWatchMode.PERSISTENT_RECURSIVE));
        step("event", () -> zk.create("/g/r", new byte[0], OPEN, CreateMode.PERSISTENT));
        // Java asks with checkWatches for one watcher and removes with removeWatches for all.
        step("checkWatches", () -> zk.removeWatches("/g", watcher, Watcher.WatcherType.Data, false));
        step("removeWatches", () -> zk.removeAllWatches("/g/r", watcherType(), false));
        step("reconnect", () -> {
            zk.exists("/g/y", watcher);
            proxy.dropAll();
            again.await();
            Thread.sleep(300);
        });
        step("delete", () -> zk.delete("/g/r", -1));
        step("delete not empty", () -> zk.delete("/g", -1));
        step("ping", () -> Thread.sleep(TIMEOUT / 2));
        step("close", () -> zk.close());

        step("reconfig", () -> {
            ZooKeeperAdmin admin = new ZooKeeperAdmin(proxy.address(), TIMEOUT, e -> { });
            try {
                admin.reconfigure("server.2=127.0.0.1:2888:3888;2182", "", null, -1, new Stat());
            } catch (KeeperException e) {
                admin.reconfigure((String) null, null, "server.1=127.0.0.1:2888:3888;2182", 7, new Stat());
            } finally {
                admin.close();
            }
        });
        step("expired", () -> {
            ZooKeeper gone = new ZooKeeper(proxy.address(), TIMEOUT, e -> { }, 0x1234567890L, new byte[16]);
            Thread.sleep(1500);
            gone.close();
        });
        step("reconnect without persistent watches", () -> {
            CountDownLatch up = new CountDownLatch(1);
            ZooKeeper plain = connect(up);
            plain.exists("/g", watcher);
            plain.exists("/missing", watcher);
            plain.getChildren("/g", watcher);
            proxy.dropAll();
            up.await();
            Thread.sleep(300);
            plain.close();
        });
    }

    // 3.9 knows the type of recursive watches, older releases only the type that means all.
    static Watcher.WatcherType watcherType() {
        for (Watcher.WatcherType t : Watcher.WatcherType.values()) {
            if (t.name().equals("PersistentRecursive")) {
                return t;
            }
        }
        return Watcher.WatcherType.Any;
    }

    interface Start {
        void run(CountDownLatch done);
    }

    static void callAsync(Start start) throws Exception {
        CountDownLatch done = new CountDownLatch(1);
        start.run(done);
        done.await();
    }

    // What the Java client cannot be made to send.
    static void rawSteps() throws Exception {
        step("raw connect without readOnly", () -> {
            new Raw(handshake(false)).close();
        });
        step("raw create2 in multi", () -> {
            try (Raw raw = new Raw()) {
                raw.call(new RequestHeader(1, ZooDefs.OpCode.multi),
                    new MultiHeader(ZooDefs.OpCode.create2, false, -1),
                    new CreateRequest("/g/m2", "m".getBytes(), OPEN, 0),
                    new MultiHeader(-1, true, -1));
            }
        });
        step("raw empty multi", () -> {
            try (Raw raw = new Raw()) {
                raw.call(new RequestHeader(1, ZooDefs.OpCode.multi), new MultiHeader(-1, true, -1));
            }
        });
        step("raw mixed multi", () -> {
            try (Raw raw = new Raw()) {
                raw.call(new RequestHeader(1, ZooDefs.OpCode.multi),
                    new MultiHeader(ZooDefs.OpCode.getData, false, -1), new GetDataRequest("/g", false),
                    new MultiHeader(-1, true, -1));
                raw.call(new RequestHeader(2, ZooDefs.OpCode.multiRead),
                    new MultiHeader(ZooDefs.OpCode.delete, false, -1), new DeleteRequest("/g", -1),
                    new MultiHeader(-1, true, -1));
            }
        });
        step("raw sasl without a mechanism", () -> {
            try (Raw raw = new Raw()) {
                raw.call(new RequestHeader(1, ZooDefs.OpCode.sasl), new GetSASLRequest(new byte[0]));
            }
        });
        step("raw no watch", () -> {
            try (Raw raw = new Raw()) {
                raw.call(new RequestHeader(1, ZooDefs.OpCode.removeWatches), new RemoveWatchesRequest("/g", 3));
            }
        });
        step("raw deleteContainer", () -> {
            try (Raw raw = new Raw()) {
                // Its record came in 3.9 and is one path, like this one.
                raw.call(new RequestHeader(1, ZooDefs.OpCode.deleteContainer), new SyncRequest("/missing"));
            }
        });
        step("raw malformed", () -> {
            try (Raw raw = new Raw()) {
                raw.call(new RequestHeader(1, ZooDefs.OpCode.getData));
            }
        });
        step("raw unknown op", () -> {
            try (Raw raw = new Raw()) {
                raw.call(new RequestHeader(1, 999));
            }
        });
        step("raw bad auth", () -> {
            try (Raw raw = new Raw()) {
                raw.call(new RequestHeader(-4, ZooDefs.OpCode.auth), new AuthPacket(0, "nobody", new byte[0]));
            }
        });
    }
}
