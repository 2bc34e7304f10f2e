import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Demands client certificates and judges them in several ways.
 *
 * <p>Arguments: a key store, the trust store of the clients' CA, that of another CA, their password, then a port and a way
 * for each socket: "enforces", "ignores", "any" or "distrusts".
 */
public final class Verifier {
    public static void main(String[] arguments) throws Exception {
        char[] password = arguments[3].toCharArray();
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store(arguments[0], password), password);
        KeyStore clients = store(arguments[1], password);
        KeyStore others = store(arguments[2], password);
        for (int at = 4; at < arguments.length; at += 2) {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), judges(arguments[at + 1], clients, others), null);
            InetAddress loopback = InetAddress.getByName("127.0.0.1");
            SSLServerSocket socket =
                    (SSLServerSocket)
                            context.getServerSocketFactory()
                                    .createServerSocket(Integer.parseInt(arguments[at]), 50, loopback);
            socket.setNeedClientAuth(true);
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

    private static TrustManager[] judges(String way, KeyStore clients, KeyStore others) throws Exception {
        if (way.equals("ignores")) {
            return new TrustManager[] {new OfTheCa(clients)};
        }
        if (way.equals("any")) {
            return new TrustManager[] {new Any()};
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(way.equals("distrusts") ? others : clients);
        return trust.getTrustManagers();
    }

    private static void serve(SSLServerSocket socket) {
        while (true) {
            try {
                SSLSocket peer = (SSLSocket) socket.accept();
                new Thread(() -> talk(peer)).start();
            } catch (IOException error) {
                return;
            }
        }
    }

    private static void talk(SSLSocket peer) {
        try (peer) {
            peer.startHandshake();
            peer.getInputStream().readAllBytes();
        } catch (IOException error) {
            System.err.println(error);
        }
    }

    /** Takes every certificate, as code that was copied to make an error go away does. */
    private static class Any extends X509ExtendedTrustManager {
        void judge(X509Certificate[] chain) throws CertificateException {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String kind) throws CertificateException {
            judge(chain);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String kind, Socket peer) throws CertificateException {
            judge(chain);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String kind, SSLEngine peer)
                throws CertificateException {
            judge(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String kind) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String kind, Socket peer) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String kind, SSLEngine peer) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    /** Takes every certificate of the CA: PKIX path validation alone does not look at what a certificate is for. */
    private static final class OfTheCa extends Any {
        private final KeyStore anchors;

        OfTheCa(KeyStore anchors) {
            this.anchors = anchors;
        }

        @Override
        void judge(X509Certificate[] chain) throws CertificateException {
            try {
                PKIXParameters parameters = new PKIXParameters(anchors);
                parameters.setRevocationEnabled(false);
                CertPathValidator.getInstance("PKIX")
                        .validate(CertificateFactory.getInstance("X.509").generateCertPath(List.of(chain)), parameters);
            } catch (GeneralSecurityException error) {
                throw new CertificateException(error);
            }
        }
    }
}
