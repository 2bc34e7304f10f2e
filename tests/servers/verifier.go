// Demands client certificates and judges them in several ways.
//
// Arguments: the server's chain, its key, the clients' CA, another CA (all PEM), then a port and a way for each
// socket: "enforces", "ignores", "any" or "distrusts".
package main

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"os"
)

func main() {
	own, err := tls.LoadX509KeyPair(os.Args[1], os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	clients, others := pool(os.Args[3]), pool(os.Args[4])
	for at := 5; at < len(os.Args); at += 2 {
		listener, err := net.Listen("tcp", "127.0.0.1:"+os.Args[at])
		if err != nil {
			log.Fatal(err)
		}
		go serve(tls.NewListener(listener, terms(own, os.Args[at+1], clients, others)))
	}
	select {}
}

func pool(path string) *x509.CertPool {
	data, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	found := x509.NewCertPool()
	found.AppendCertsFromPEM(data)
	return found
}

func terms(own tls.Certificate, way string, clients, others *x509.CertPool) *tls.Config {
	config := &tls.Config{
		Certificates: []tls.Certificate{own},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    clients,
		MinVersion:   tls.VersionTLS12,
	}
	switch way {
	case "distrusts":
		config.ClientCAs = others
	case "any":
		config.ClientAuth = tls.RequireAnyClientCert
	case "ignores":
		config.ClientAuth = tls.RequireAnyClientCert
		config.VerifyPeerCertificate = func(chain [][]byte, _ [][]*x509.Certificate) error {
			leaf, err := x509.ParseCertificate(chain[0])
			if err != nil {
				return err
			}
			anyUse := []x509.ExtKeyUsage{x509.ExtKeyUsageAny}
			_, err = leaf.Verify(x509.VerifyOptions{Roots: clients, KeyUsages: anyUse})
			return err
		}
	}
	return config
}

func serve(listener net.Listener) {
	for {
		peer, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer peer.Close()
			io.Copy(io.Discard, peer)
		}()
	}
}
