using System.Net;
using System.Net.Sockets;
using Slipway.Registry.Storage.S3;
using Slipway.Registry.Tests.Storage.Swift;

namespace Slipway.Registry.Tests.Storage.S3;

/// <summary>
/// OpenStack Swift with its S3 API (s3api), which compares signatures with the real secret, gives real ETags, has S3's limits of parts, and pages every listing. One for all tests
/// of the collection.
/// </summary>
public sealed class S3Server : IAsyncLifetime
{
    public const string Bucket = SwiftServer.Container;

    readonly SwiftServer _swift = new();

    public Uri Service { get; private set; } = null!;

    internal S3Options Options => new()
    {
        Endpoint = Service, Bucket = Bucket, AccessKey = SwiftServer.User, SecretKey = SwiftServer.Password, RetryDelay = TimeSpan.FromMilliseconds(10),
    };

    /// <summary>By the bucket's own host.</summary>
    internal S3Options ByHost => Options with
    {
        Endpoint = new Uri($"http://s3.test:{Service.Port}"), PathStyle = false,
        Handler = handler => handler.ConnectCallback = async (_, cancel) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, Service.Port, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        },
    };

    public async ValueTask InitializeAsync()
    {
        await _swift.InitializeAsync();
        var port = await _swift.StartProxy("s3", "s3api tempauth", """
            [filter:s3api]
            use = egg:swift#s3api
            max_upload_part_num = 10000
            storage_domain = s3.test
            [filter:tempauth]
            use = egg:swift#tempauth
            user_test_tester = testing .admin
            user_test_stranger = testing
            """);
        Service = new Uri($"http://127.0.0.1:{port}/");
    }

    public ValueTask DisposeAsync() => _swift.DisposeAsync();
}

[CollectionDefinition(Name)]
public sealed class S3Collection : ICollectionFixture<S3Server>
{
    public const string Name = "s3";
}
