import java.io.FileInputStream;
import java.io.InputStream;
import java.net.InetAddress;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** Echoes over TLS. Arguments: key store, trust store, their password, then port, version and request of each socket. */
public final class Server {
    public static void main(String[] arguments) throws Exception {
        char[] password = arguments[2].toCharArray();
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store(arguments[0], password), password);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store(arguments[1], password));
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        for (int at = 3; at < arguments.length; at += 3) {
            int port = Integer.parseInt(arguments[at]);
            InetAddress loopback = InetAddress.getByName("127.0.0.1");
            SSLServerSocket socket =
                    (SSLServerSocket) context.getServerSocketFactory().createServerSocket(port, 50, loopback);
            socket.setEnabledProtocols(new String[] {arguments[at + 1]});
            socket.setWantClientAuth(arguments[at + 2].equals("optional"));
            if (arguments[at + 2].equals("required")) {
                socket.setNeedClientAuth(true);
            }
            new Thread(() -> serve(socket)).start();
        }
    }

    private static KeyStore store(String path, char[] password) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream file = new FileInputStream(path)) {
            store.load(file, password);
        }
        return store;
    }

    private static void serve(SSLServerSocket socket) {
        while (true) {
            try {
                SSLSocket peer = (SSLSocket) socket.accept();
                new Thread(() -> echo(peer)).start();
            } catch (java.io.IOException error) {
                return;
            }
        }
    }

    private static void echo(SSLSocket peer) {
        try (peer) {
            peer.getInputStream().transferTo(peer.getOutputStream());
        } catch (java.io.IOException error) {
            System.err.println(error);
        }
    }
}
