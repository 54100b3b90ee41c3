import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryForever;

/**
 * Main KIND LIMIT TURNS HOST...: one Curator client for each host, on a thread of its own, does what KIND says; see the class
 * of the kind. Prints "version VERSION" when all have connected, and "done" when all have done all they have to do. The
 * sessions last until the standard input ends.
 */
final class Main {
    /** A client's work. Who has no more to do returns. */
    interface Work {
        void run() throws Exception;
    }

    /** Makes the work of client number who. */
    interface Kind {
        Work of(CuratorFramework client, int number, String who) throws Exception;
    }

    public static void main(String[] args) throws Exception {
        String name = args[0];
        int limit = Integer.parseInt(args[1]), turns = Integer.parseInt(args[2]);
        Kind kind;
        switch (name) {
            case "hands":
                kind = (client, number, who) -> new Hand(client, who);
                break;
            case "counter":
                kind = (client, number, who) -> new Adder(client, number, who, limit, turns);
                break;
            default:
                kind = (client, number, who) -> new Player(name, client, number, who, turns);
        }
        List<CuratorFramework> clients = new ArrayList<>();
        for (int i = 3; i < args.length; i++) {
            clients.add(connect(args[i]));
        }
        for (CuratorFramework client : clients) {
            if (!client.blockUntilConnected(30, TimeUnit.SECONDS)) {
                throw new IllegalStateException("not connected");
            }
        }
        say("version", System.getProperty("curator"));
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < clients.size(); i++) {
            String who = "curator" + i;
            Work work = kind.of(clients.get(i), i, who);
            threads.add(new Thread(() -> {
                try {
                    work.run();
                } catch (Throwable e) {
                    System.err.println(who);
                    e.printStackTrace();
                    System.exit(1);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.start();
        }
        if (name.equals("hands")) {
            Hand.obey();
        } else {
            for (Thread thread : threads) {
                thread.join();
            }
            say("done");
            while (System.in.read() >= 0) {}
        }
        for (CuratorFramework client : clients) {
            client.close();
        }
        System.exit(0);
    }

    private static CuratorFramework connect(String host) {
        CuratorFramework client = CuratorFrameworkFactory.builder()
                .connectString(host)
                .sessionTimeoutMs(20_000)
                .connectionTimeoutMs(15_000)
                .retryPolicy(new RetryForever(50))
                .ensembleTracker(false) // or it would connect to what servers call themselves, not to the proxy
                .build();
        client.start();
        return client;
    }

    static synchronized void say(Object... words) {
        StringBuilder line = new StringBuilder();
        for (Object word : words) {
            line.append(line.length() == 0 ? "" : " ").append(word);
        }
        System.out.println(line);
        System.out.flush();
    }
}
