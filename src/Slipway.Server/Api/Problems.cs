using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.WebUtilities;
using Slipway.Database;
using Slipway.Engines;
using Slipway.Model;
using Slipway.Registry.Rules;

namespace Slipway.Server.Api;

/// <summary>
/// From what was thrown to what a client reads. The one place where that is decided: endpoints do not catch.
/// Bugs answer 500 without details and are logged with them.
/// </summary>
sealed partial class Problems(ILogger<Problems> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception error, CancellationToken cancel)
    {
        if (context.RequestAborted.IsCancellationRequested) return true;
        var problem = Of(error);
        if (error is DatabaseUnavailableException) LogAway(context.Request.Method, context.Request.Path, error.Message);
        if (problem.Status == StatusCodes.Status500InternalServerError) LogBug(error, context.Request.Method, context.Request.Path);
        await Write(context, problem);
        return true;
    }

    public static Problem Of(Exception error) => error switch
    {
        InvalidInputException invalid => Make(400, invalid.Message) with { Title = "Bad input", Diagnostics = invalid.Diagnostics },
        BadHttpRequestException bad => Make(bad.StatusCode, bad.InnerException is { } inner ? $"{bad.Message} {inner.Message}" : bad.Message),
        ForbiddenException forbidden => Make(403, forbidden.Message),
        NotFoundException missing => Make(404, missing.Message),
        ConflictException conflict => Make(409, conflict.Message),
        RuleRefusedException refused => Make(409, refused.Message) with { Title = "Refused by a rule" },
        CommitUnknownException => Make(503, "The database went away while it stored this: it is stored, or it is not. Look before you try again.") with { Title = "Database unavailable" },
        DatabaseUnavailableException => Make(503, "The database can't be reached now, and nothing was changed. The server's log says why; try again in a moment.") with { Title = "Database unavailable" },
        EngineUnavailableException away => Make(503, away.Message) with { Title = "Engine unavailable" },
        EngineException refused => Make(502, refused.Message) with { Title = "Engine error" },
        _ => Make(500, "Something is wrong in Slipway itself; the server's log says what."),
    };

    /// <summary>Also gives a body to errors that have none: no such path, or a method that a path does not have.</summary>
    public static void Use(IApplicationBuilder app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages(async pages =>
        {
            var (request, response) = (pages.HttpContext.Request, pages.HttpContext.Response);
            if (HttpMethods.IsHead(request.Method)) return;
            await Write(pages.HttpContext, response.StatusCode, response.StatusCode switch
            {
                StatusCodes.Status400BadRequest => $"A value in {request.Path}{request.QueryString} is not of the kind that is wanted there. /openapi/v1.json lists the parameters of every operation.",
                StatusCodes.Status404NotFound => $"There is no {request.Path}. /openapi/v1.json lists every operation.",
                StatusCodes.Status405MethodNotAllowed => $"{request.Path} has no {request.Method}, only {response.Headers.Allow}.",
                _ => null,
            });
        });
    }

    public static Task Write(HttpContext context, int status, string? detail) => Write(context, Make(status, detail));

    static Task Write(HttpContext context, Problem problem)
    {
        context.Response.StatusCode = problem.Status;
        return context.Response.WriteAsJsonAsync(problem, ApiJson.Default.Problem, Problem.MediaType, context.RequestAborted);
    }

    static Problem Make(int status, string? detail) => new() { Status = status, Title = ReasonPhrases.GetReasonPhrase(status), Detail = detail };

    [LoggerMessage(LogLevel.Error, "{Method} {Path} failed: {Reason}")]
    partial void LogAway(string method, string path, string reason);

    [LoggerMessage(LogLevel.Error, "{Method} {Path} failed")]
    partial void LogBug(Exception error, string method, string path);
}
