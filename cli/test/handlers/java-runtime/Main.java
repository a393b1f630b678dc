// A runtime of its own in Java, with the standard library only. It answers with the event as it came.
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;

public class Main {
    public static void main(String[] args) throws Exception {
        var api = "http://" + System.getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/";
        var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        for (int count = 1; ; count++) {
            var next = client.send(
                HttpRequest.newBuilder(URI.create(api + "next")).build(), HttpResponse.BodyHandlers.ofByteArray());
            var id = next.headers().firstValue("Lambda-Runtime-Aws-Request-Id").orElseThrow();
            byte[] event = next.body();
            System.out.println("java runs " + id);
            if (new String(event, StandardCharsets.UTF_8).equals("\"fail\"")) {
                post(client, api + id + "/error", "{\"errorType\":\"JavaError\",\"errorMessage\":\"as asked\"}".getBytes());
                continue;
            }
            var facts = String.format(
                "{\"pid\":%d,\"count\":%d,\"handler\":\"%s\",\"greeting\":\"%s\"}",
                ProcessHandle.current().pid(), count, System.getenv("_HANDLER"), System.getenv("GREETING"));
            var answer = new ByteArrayOutputStream();
            answer.write(("{\"facts\":" + facts + ",\"event\":").getBytes(StandardCharsets.UTF_8));
            answer.write(event);
            answer.write('}');
            post(client, api + id + "/response", answer.toByteArray());
        }
    }

    private static void post(HttpClient client, String url, byte[] body) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(url)).POST(HttpRequest.BodyPublishers.ofByteArray(body)).build();
        client.send(request, HttpResponse.BodyHandlers.discarding());
    }
}
